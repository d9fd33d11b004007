import StackedFS

extension FilterSet {
    /// The filters of a view of the library, in their order: the audit sees what the caller gets; what is hidden is
    /// absent before any other rule speaks.
    public static func library(_ shared: FilterContext) -> FilterSet {
        FilterSet([AccessAudit(shared), FolderHiding(shared), AccessControl(shared), LocationRedaction(shared)])
    }
}
