internal import Domain
internal import EventLoop
internal import HTTP
internal import Services

/// Answers `POST /v1/orders/{id}/payment` on one loop, without a task for each request.
final class PaymentHandler {
  static let endpoint = "POST /v1/orders/{id}/payment"

  private let node: Node
  private var identifiers = IdentifierGenerator(random: FastRandom())
  private let names = IdempotencyNames()

  init(node: Node) { self.node = node }

  func handle(_ request: HotRequest) {
    guard let order = Identifier(text: request.exchange.parameter(0)) else {
      return request.refuse(.notFound)
    }
    let method: PaymentMethod
    do throws(APIError) {
      method = try PaymentBody.read(request.exchange.body)
    } catch {
      return request.refuse(error)
    }
    guard let key = request.idempotencyKey else { return }
    node.payments.pay(
      PendingPayment(
        request: request, order: order, payment: identifiers.next(at: node.clock.now()),
        idempotency: idempotency(key, order, method, request)))
  }

  /// Names the key and what it is for.
  private func idempotency(
    _ key: UnsafeRawBufferPointer, _ order: Identifier, _ method: PaymentMethod,
    _ pending: HotRequest
  ) -> RequestIdempotency {
    names.identity(
      of: key, by: pending.principal.user.description, endpoint: Self.endpoint
    ) { scope in
      scope.append(pending.tenant.id.description)
    } request: { request in
      request.append(order)
      request.append(UInt8(ascii: "\n"))
      request.append(method.rawValue)
    }
  }
}

/// What an order can be paid with.
enum PaymentMethod: String, CaseIterable {
  case wallet
}

/// Reads the body of a payment strictly.
enum PaymentBody {
  private static let usual: StaticString = #"{"method":"wallet"}"#

  /// - Throws: ``APIError`` that names the field.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(APIError) -> PaymentMethod {
    let usual = UnsafeRawBufferPointer(
      start: Self.usual.utf8Start, count: Self.usual.utf8CodeUnitCount)
    if bytes.elementsEqual(usual) { return .wallet }
    guard !bytes.isEmpty else { throw .invalid("body", "is required") }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(json: bytes)
    } catch {
      throw .invalid("body", "is not valid JSON: \(error.reason) at byte \(error.offset)")
    }
    return try FieldReader(value).required("method").choice()
  }
}
