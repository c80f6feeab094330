"""Read config.toml into validated settings; errors name file, line, key and the nearest known key, all at once."""
