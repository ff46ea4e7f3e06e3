"""What a team compares partners by: kept when a wave is closed, read without any statistics."""
