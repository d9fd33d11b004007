/// What the programs call themselves.
public enum Product {
    public static let version = "0.1.0"
    /// Where the service listens unless it is configured otherwise.
    public static let defaultSocket = "/run/mediaveil/control.sock"
}
