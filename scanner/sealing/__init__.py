"""Sealed bundles: the manifest, its signature, the places that hold a bundle, and the checks of all three."""
