internal import Domain

/// The forms that every answer of `/v1` has.
enum EnvelopeSchema {
  private static let requestID = Schema.text(1...128).described(
    "The request's id, also in X-Request-Id.")

  static func data(_ schema: Schema) -> Schema {
    .object([.required("data", schema), .required("request_id", requestID)])
  }

  static func page(of element: Schema) -> Schema {
    .object([
      .required("data", .list(of: element)),
      .required(
        "next_cursor", Schema.string.nullable.described("Null on the last page.")),
      .required("request_id", requestID),
    ])
  }

  static let error = Schema.object([
    .required(
      "error",
      .object([
        .required("code", .oneOf(ErrorCode.self)),
        .required("message", Schema.string.described("For people, in their language.")),
        .required(
          "details",
          Schema.object([
            .optional("field", .string),
            .optional("reason", .string),
          ]).described("Names the field and the reason for INVALID_ARGUMENT.")),
      ])),
    .required("request_id", requestID),
  ]).named("Error")
}
