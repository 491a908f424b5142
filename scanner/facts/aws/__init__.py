"""Facts of AWS accounts."""
