/// Configuration
