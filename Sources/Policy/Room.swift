/// Policy
