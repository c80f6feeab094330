"""One file per kind of channel; the file's name is the name in config.toml."""
