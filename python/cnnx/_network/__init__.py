"""A network: its architecture, engine, weights and evaluation."""
