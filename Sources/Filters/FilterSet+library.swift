import StackedFS

extension FilterSet {
    /// The filters of a view of the library, in their order: the audit sees what the caller gets; what is hidden is
    /// absent before any other rule speaks.
    ///
    /// - Parameter policyAlone: mode bits count for nothing: the same ones are shown to all.
    public static func library(_ shared: FilterContext, policyAlone: Bool = false) -> FilterSet {
        let filters: [any Filter] = [
            AccessAudit(shared), FolderHiding(shared), AccessControl(shared), LocationRedaction(shared),
        ]
        return FilterSet(policyAlone ? [UniformModes()] + filters : filters)
    }
}
