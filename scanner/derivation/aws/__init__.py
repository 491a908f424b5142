"""Facts of AWS accounts that are derived from others."""
