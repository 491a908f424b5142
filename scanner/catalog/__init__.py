"""Files to model: rules, profiles, catalogues and the users' own files, checked completely at load."""
