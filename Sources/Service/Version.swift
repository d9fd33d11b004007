/// The release, as `--version` and `status` tell it.
public enum MediaVeil {
    public static let version = "0.1.0"
}
