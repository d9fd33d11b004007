/// Filters
