internal import Domain

/// Reads the body of an order strictly; what is missing or wrong is refused by its dotted path.
enum OrderBodyReader {
  /// - Throws: ``APIError`` that names the field.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(APIError) -> OrderBody {
    if let body = OrderBodyScanner.scan(bytes) { return body }
    guard !bytes.isEmpty else { throw .invalid("body", "is required") }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(json: bytes)
    } catch {
      throw .invalid("body", "is not valid JSON: \(error.reason) at byte \(error.offset)")
    }
    return try read(FieldReader(value))
  }

  static func read(_ fields: FieldReader) throws(APIError) -> OrderBody {
    var body = OrderBody()
    let lines = try fields.required("lines").list(limit: OrderBounds.lines.upperBound)
    guard !lines.isEmpty else { throw .invalid("lines", "must have at least one element") }
    for line in lines { try add(line, to: &body) }
    body.sale = try fields.optional("sale_id")?.identifier()
    body.market = try fields.optional("market")?.marketName()
    body.coupon = try fields.optional("coupon_id")?.identifier()
    return body
  }

  private static func add(_ line: Field, to body: inout OrderBody) throws(APIError) {
    let fields = try line.object()
    let sku = try fields.required("sku").sku()
    let field = try fields.required("quantity")
    guard body.add(sku, try field.integer(in: OrderBounds.quantity)) else {
      let most = OrderBounds.distinctSKUs.upperBound
      throw .invalid("lines", "must not have more than \(most) different SKUs")
    }
  }
}
