public import Domain

/// A refusal on its way to the client.
public struct APIError: Error, Sendable, Equatable {
  public let code: ErrorCode
  /// The HTTP status; the code's own unless HTTP has a narrower one, such as 415.
  public let status: Int
  /// An object; `field` and `reason` for ``ErrorCode/invalidArgument``.
  public let details: JSONValue
  /// Seconds until another try makes sense; always set where the code says that one does.
  public let retryAfter: Int?
  /// Fields that belong to this refusal, such as `Allow`.
  public let headers: [Header]

  /// A response header field.
  public struct Header: Sendable, Equatable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Seconds that a retryable refusal asks for when nothing better is known.
  public static let defaultRetryAfter = 1

  public init(
    _ code: ErrorCode, status: Int? = nil, details: JSONValue = [:], retryAfter: Int? = nil,
    headers: [Header] = []
  ) {
    self.code = code
    self.status = status ?? code.status
    self.details = details
    let isRetryable = code.isRetryable || self.status == 503
    self.retryAfter = retryAfter ?? (isRetryable ? Self.defaultRetryAfter : nil)
    self.headers = headers
  }

  /// 400 that names the field by its dotted path, such as `discount.value`.
  public static func invalid(_ field: String, _ reason: String) -> APIError {
    APIError(.invalidArgument, details: ["field": .string(field), "reason": .string(reason)])
  }

  /// What is asked for is not there, or not the caller's to know of.
  public static let notFound = APIError(.notFound)

  /// A dependency is down, a cell is closed or the node sheds load.
  public static let unavailable = APIError(.internalRetryable)

  /// 401 with the challenge that HTTP asks for.
  public static let unauthorized = APIError(
    .unauthorized, headers: [Header("WWW-Authenticate", "Bearer")])

  static let invalidToken = APIError(
    .unauthorized, headers: [Header("WWW-Authenticate", #"Bearer error="invalid_token""#)])

  static func methodNotAllowed(allow: String) -> APIError {
    APIError(
      .invalidArgument, status: 405, details: ["field": "method", "reason": "allowed: \(allow)"],
      headers: [Header("Allow", allow)])
  }

  static let unsupportedMediaType = APIError(
    .invalidArgument, status: 415,
    details: ["field": "Content-Type", "reason": "must be application/json"])
}
