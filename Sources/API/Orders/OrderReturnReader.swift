internal import Domain
internal import Ledger

/// Reads why something is done to an order, and what is done to it as a whole.
enum OrderReturnReader {
  /// Why it is done, in words that the system has not kept for itself: it compares them as they are.
  ///
  /// - Throws: ``APIError`` that names the field.
  static func reason(_ fields: FieldReader) throws(APIError) -> String {
    let field = try fields.required("reason")
    let reason = try field.text(length: OrderFields.reasonLength)
    guard !OrderRecord.systemReasons.contains(reason) else {
      throw field.refusal("is one that only the system gives: say it in other words")
    }
    return reason
  }

  /// Looks at the body of a cancellation, which is always one of all.
  ///
  /// - Throws: ``APIError`` that names the field.
  static func checkCancellation(_ fields: FieldReader) throws(APIError) {
    try refuseParts(fields, known: ["reason"])
  }

  /// - Throws: ``APIError`` that names the field.
  static func transition(_ fields: FieldReader) throws(APIError) -> OrderTransition {
    try refuseParts(fields, known: ["to", "reason"])
    return try fields.required("to").choice(OrderTransition.self)
  }

  /// Who asks for a part, even under a mistyped name, does not want all to be undone; null asks for none.
  private static func refuseParts(
    _ fields: FieldReader, known: [String]
  ) throws(APIError) {
    let parts = ["amount", "lines"]
    for name in parts where fields.optional(name) != nil {
      throw .invalid(
        name, "is not taken here: the whole order is meant; /refund gives a part back")
    }
    try fields.refuseMistyped(but: known + parts.filter { fields.hasAny(of: [$0]) })
  }
}
