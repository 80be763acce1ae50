"""What happened and how well: timelines, floor figures, KPIs with fixed denominators."""
