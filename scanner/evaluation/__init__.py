"""From rules and evidence to results: pure, without network, file or clock."""
