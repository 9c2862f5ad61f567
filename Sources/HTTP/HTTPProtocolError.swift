/// Why the server itself refused a request, before or instead of the handler's answer.
public enum HTTPProtocolError: Error, Hashable, Sendable {
  /// The bytes are no request that every HTTP implementation would read alike.
  case badRequest(Reason)
  /// The request target is longer than the limit.
  case targetTooLong
  /// The head is longer than the limit or has too many fields.
  case headTooLarge
  /// The body is, or is declared to be, longer than the limit.
  case bodyTooLarge
  /// The head was not complete in time.
  case headTimedOut
  /// The body was not complete in time.
  case bodyTimedOut
  /// The handler did not answer before the request's deadline.
  case deadlineExceeded
  /// The loop has as many connections as it may.
  case tooManyConnections
  /// An `Expect` other than `100-continue`.
  case expectationFailed
  /// A method that the server does not offer on any route.
  case unsupportedMethod
  /// A transfer coding other than `chunked`.
  case unsupportedTransferCoding
  /// Neither HTTP/1.1 nor HTTP/1.0.
  case unsupportedVersion

  /// What is wrong with a malformed request.
  public enum Reason: String, Sendable {
    case bareCarriageReturn = "a carriage return without a line feed"
    case bareLineFeed = "a line feed without a carriage return"
    case foldedHeader = "a header field folded over lines"
    case requestLine = "a malformed request line"
    case target = "a malformed request target"
    case headerField = "a malformed header field"
    case missingHost = "no Host"
    case repeatedHeader = "a header field that may stand only once"
    case host = "a malformed Host"
    case contentLength = "a malformed or repeated Content-Length"
    case transferEncoding = "a malformed or conflicting Transfer-Encoding"
    case chunk = "a malformed chunk"
    case trailer = "a malformed trailer field"
    case incomplete = "the request ended too early"
  }

  /// The status code that answers it.
  public var status: Int {
    switch self {
    case .badRequest: 400
    case .headTimedOut, .bodyTimedOut: 408
    case .bodyTooLarge: 413
    case .targetTooLong: 414
    case .expectationFailed: 417
    case .headTooLarge: 431
    case .unsupportedMethod, .unsupportedTransferCoding: 501
    case .deadlineExceeded, .tooManyConnections: 503
    case .unsupportedVersion: 505
    }
  }
}

extension HTTPProtocolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badRequest(let reason): "bad request: \(reason.rawValue)"
    case .targetTooLong: "the request target is too long"
    case .headTooLarge: "the request head is too large"
    case .bodyTooLarge: "the request body is too large"
    case .headTimedOut: "the request head took too long"
    case .bodyTimedOut: "the request body took too long"
    case .deadlineExceeded: "the request was not answered in time"
    case .tooManyConnections: "too many connections"
    case .expectationFailed: "the expectation cannot be met"
    case .unsupportedMethod: "the method is not supported"
    case .unsupportedTransferCoding: "the transfer coding is not supported"
    case .unsupportedVersion: "the HTTP version is not supported"
    }
  }
}
