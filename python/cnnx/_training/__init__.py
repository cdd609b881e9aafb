"""A training run: arguments, plan and trainer."""
