internal import HTTP

extension HTTPProtocolError {
  /// The part of the request that is wrong, as a refusal names it.
  var field: String {
    switch self {
    case .badRequest(let reason): reason.field
    case .targetTooLong: "target"
    case .headTooLarge, .headTimedOut: "headers"
    case .bodyTooLarge, .bodyTimedOut: "body"
    case .deadlineExceeded, .tooManyConnections: "request"
    case .expectationFailed: "Expect"
    case .unsupportedMethod: "method"
    case .unsupportedTransferCoding: "Transfer-Encoding"
    case .unsupportedVersion: "version"
    }
  }
}

extension HTTPProtocolError.Reason {
  fileprivate var field: String {
    switch self {
    case .requestLine: "request line"
    case .target: "target"
    case .bareCarriageReturn, .bareLineFeed, .foldedHeader, .headerField, .repeatedHeader: "headers"
    case .missingHost, .host: "Host"
    case .contentLength: "Content-Length"
    case .transferEncoding: "Transfer-Encoding"
    case .chunk, .trailer, .incomplete: "body"
    }
  }
}
