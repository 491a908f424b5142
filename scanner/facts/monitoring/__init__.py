"""Facts about what watches the estate: metrics, alerts, their ways to people, and dashboards."""
