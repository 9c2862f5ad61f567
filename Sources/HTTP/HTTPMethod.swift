internal import CLlhttp

/// A request method, numbered as llhttp numbers it.
public struct HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let delete = HTTPMethod(rawValue: 0)
  public static let get = HTTPMethod(rawValue: 1)
  public static let head = HTTPMethod(rawValue: 2)
  public static let post = HTTPMethod(rawValue: 3)
  public static let put = HTTPMethod(rawValue: 4)
  public static let connect = HTTPMethod(rawValue: 5)
  public static let options = HTTPMethod(rawValue: 6)
  public static let patch = HTTPMethod(rawValue: 28)

  /// The method as it stands in a request line. Methods beyond the usual ones are named too.
  public var description: String {
    switch self {
    case .delete: "DELETE"
    case .get: "GET"
    case .head: "HEAD"
    case .post: "POST"
    case .put: "PUT"
    case .connect: "CONNECT"
    case .options: "OPTIONS"
    case .patch: "PATCH"
    default: String(cString: llhttp_method_name(llhttp_method_t(UInt32(rawValue))))
    }
  }
}
