"""Records of restores that were really done."""
