/// A whole response as a value, for routes that need not be fast.
public struct HTTPResponse: Sendable {
  /// The status code, 200 to 599.
  public var status: Int
  /// Header fields. `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's
  /// own and are left out; control characters in values are replaced by spaces.
  public var headers: [(String, String)]
  /// The body; not sent to `HEAD`, nor with 204 and 304.
  public var body: [UInt8]

  public init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with a text body.
  public init(
    status: Int, contentType: String, headers: [(String, String)] = [], text: String
  ) {
    self.init(
      status: status, headers: [("Content-Type", contentType)] + headers, body: Array(text.utf8))
  }

  /// The value of the first field called `name`, in whatever case.
  public func header(_ name: String) -> String? {
    headers.first { $0.0.lowercased() == name.lowercased() }?.1
  }
}
