/// The methods of HTTP that `api` can use.
public enum WebMethod {
    /// By their places among the choices of `--method`.
    public static let names = ["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD"]
}
