import Domain
import Testing

@Suite struct ErrorCodeTests {
  @Test func `the wire's table of codes and statuses stands`() {
    let table: [Int: Set<String>] = [
      400: ["INVALID_ARGUMENT"], 401: ["UNAUTHORIZED"], 402: ["INSUFFICIENT_FUNDS"],
      403: ["FORBIDDEN", "ADMISSION_REQUIRED", "NOT_ELIGIBLE", "NOT_OPEN"], 404: ["NOT_FOUND"],
      409: ["IDEMPOTENCY_IN_PROGRESS", "CONFLICT", "ORDER_STATE_CONFLICT"],
      410: ["SOLD_OUT", "CLOSED", "EXPIRED"], 422: ["IDEMPOTENCY_KEY_REUSE", "LIMIT_REACHED"],
      429: ["RATE_LIMITED"], 503: ["INTERNAL_RETRYABLE"],
    ]
    let ours = Dictionary(grouping: ErrorCode.allCases, by: \.status)
      .mapValues { Set($0.map(\.rawValue)) }
    #expect(ours == table)
  }

  @Test func `each code has a message of its own in each language`() {
    for language in Language.allCases {
      let messages = ErrorCode.allCases.map { "\($0.message(in: language))" }
      #expect(Set(messages).count == ErrorCode.allCases.count)
      // The message goes into JSON as it stands.
      #expect(messages.allSatisfy { !$0.isEmpty && !$0.contains("\"") && !$0.contains("\\") })
    }
  }

  @Test(arguments: ErrorCode.allCases)
  func `a message is a whole sentence of its language`(code: ErrorCode) {
    let english = "\(code.message(in: .english))"
    #expect(english.hasSuffix(".") && english.unicodeScalars.allSatisfy(\.isASCII))
    #expect(english.first?.isUppercase == true)
    let korean = "\(code.message(in: .korean))"
    #expect(korean.hasSuffix("."))
    #expect(korean.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) })
    #expect(!korean.unicodeScalars.contains { ("a"..."z").contains(Character($0)) })
  }
}
