"""One run of training: arguments, plan, trainer."""
