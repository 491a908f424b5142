"""The vocabulary that rules and collectors share: FactSpecs by platform, as data only."""
