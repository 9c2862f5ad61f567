/// A request header field that is found without a search.
public enum KnownHeader: UInt8, CaseIterable, Sendable {
  case host
  case authorization
  case contentType
  case contentLength
  /// `X-Idempotency-Key`
  case idempotencyKey
  /// `Idempotency-Key`
  case idempotencyKeyStandard
  /// `X-Request-Id`
  case requestID
  case traceparent
  case acceptLanguage
  /// `X-Admission-Token`
  case admissionToken
  case forwardedFor
  case forwarded
  case cookie
  case accept
  case userAgent
  case ifNoneMatch
  /// `X-Market-API-Key`
  case apiKey
  case transferEncoding
  case expect

  /// The field's name in lower case.
  public var name: String {
    switch self {
    case .host: "host"
    case .authorization: "authorization"
    case .contentType: "content-type"
    case .contentLength: "content-length"
    case .idempotencyKey: "x-idempotency-key"
    case .idempotencyKeyStandard: "idempotency-key"
    case .requestID: "x-request-id"
    case .traceparent: "traceparent"
    case .acceptLanguage: "accept-language"
    case .admissionToken: "x-admission-token"
    case .forwardedFor: "x-forwarded-for"
    case .forwarded: "forwarded"
    case .cookie: "cookie"
    case .accept: "accept"
    case .userAgent: "user-agent"
    case .ifNoneMatch: "if-none-match"
    case .apiKey: "x-market-api-key"
    case .transferEncoding: "transfer-encoding"
    case .expect: "expect"
    }
  }

  /// True where a second field of the name is refused: two readers could pick different ones.
  var isSingle: Bool {
    switch self {
    case .host, .authorization, .contentType, .contentLength, .idempotencyKey,
      .idempotencyKeyStandard, .admissionToken, .apiKey, .transferEncoding, .expect:
      true
    default: false
    }
  }
}
