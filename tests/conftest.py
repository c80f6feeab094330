"""For all tests: how busy the machine is must fail none of them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("publisher", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("publisher")
