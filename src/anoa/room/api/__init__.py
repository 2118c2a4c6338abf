"""What programs read by tokens, and the description of what they read and send."""
