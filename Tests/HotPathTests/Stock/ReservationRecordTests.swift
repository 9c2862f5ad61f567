import Domain
import Testing

@testable import HotPath

@Suite struct ReservationRecordTests {
  private static let id = Identifier("0190a000-0000-7123-8456-000000000001")!
  private static let fingerprint = RequestDigest(high: 0, low: 0xF)
  private static let request = "0000000000000000000000000000000f"

  private func order(key: OrderKey?) -> KeptOrder {
    KeptOrder(
      id: Self.id, key: key, fingerprint: Self.fingerprint, scope: .open, user: "ann", terms: "t=1",
      reservedAt: Self.id.time!, deadline: Instant(milliseconds: 9), currency: .won,
      lines: [
        OrderLine(sku: SKU("a")!, quantity: 2, unitPrice: 5),
        OrderLine(sku: SKU("b")!, quantity: 1, unitPrice: 0),
      ])
  }

  private func read<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
  }

  private func user(_ record: String, _ order: Identifier = id) -> String? {
    read(record) { bytes in
      ReservationRecord.user(of: bytes, for: order).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test func `an order whose id ends in its key is named by the id's time`() {
    let key = OrderKey(of: Self.id)
    let order = order(key: key)
    let reserved = ReservationRecord.reserved(order) { $0.sku == SKU("a") }
    #expect(reserved == "0190a000-0000 ann \(Self.request) t=1 9 KRW a:2:5+,b:1:0")
    let answer = ReservationRecord.answer(order, to: key)
    #expect(answer == "0190a000-0000 ann \(Self.request) t=1 9 KRW a:2:5,b:1:0")
    for text in [reserved, answer] {
      #expect(user(text) == "ann")
      #expect(read(text) { ReservationRecord.time(of: $0, under: key) } == Self.id.time)
    }
  }

  @Test func `an order with another key answers that one by its whole id`() {
    let key = OrderKey(RequestDigest(high: 0, low: 7))
    for other in [key, nil] {
      let reserved = ReservationRecord.reserved(order(key: other)) { _ in false }
      #expect(reserved == "0190a000-0000 ann - t=1 9 KRW a:2:5,b:1:0")
      #expect(user(reserved) == "ann")
    }
    let answer = ReservationRecord.answer(order(key: key), to: key)
    #expect(answer == "\(Self.id) ann \(Self.request) t=1 9 KRW a:2:5,b:1:0")
    #expect(read(answer) { ReservationRecord.time(of: $0, under: key) } == Self.id.time)
  }

  @Test func `a record of another order with the same key is not this one's`() {
    let later = OrderKey(of: Self.id).order(at: Instant(milliseconds: 9))
    #expect(user("0190a000-0000 ann - t=1 9 KRW a:2:5", later) == nil)
    #expect(user("0190a000-0001 ann - t=1 9 KRW a:2:5") == nil)
  }

  @Test(arguments: [
    "", "0190a000-0000", "0190a000-0000 ann - t=1 9 KRW", "0190a000-0000 ann - t=1 x KRW a:1:1",
    "0190a000-000x ann - t=1 9 KRW a:1:1", "0190a000-0000 ann - t=1 9 KRW a:1:1 b",
    "0190a000-0000 ann - t=1 9 KRW a:1:1 ", "0190a0000000 ann - t=1 9 KRW a:1:1",
  ])
  func `a malformed record is nobody's`(text: String) { #expect(user(text) == nil) }
}
