import Control

/// The release, as `--version` and `status` tell it.
public enum MediaVeil {
    public static let version = Product.version
}
