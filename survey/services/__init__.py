"""What can be done with a study, one noun a module. Pages and commands call these."""
