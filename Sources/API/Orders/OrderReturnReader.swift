internal import Domain

/// Reads what is done to an order as a whole.
enum OrderReturnReader {
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

  /// Who asks for a part, even under a mistyped name, does not want all to be undone.
  private static func refuseParts(
    _ fields: FieldReader, known: [String]
  ) throws(APIError) {
    for name in ["amount", "lines"] where fields.hasAny(of: [name]) {
      throw .invalid(
        name, "is not taken here: the whole order is meant; /refund gives a part back")
    }
    try fields.refuseMistyped(but: known)
  }
}
