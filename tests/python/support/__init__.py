"""What several test files need: small networks and data, oracles, rows for the registries."""
