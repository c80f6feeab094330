"""What programs that watch this one may ask, on a port of this machine: /health, and /metrics for Prometheus."""
