/// StackedFS
