import Domain
import TestSupport
import Testing

@testable import HotPath

@Suite struct StockFactTests {
  private static let order = "0190a000-0000-7000-8000-000000000001"
  /// Ends in the keys of the facts; the time is when they were granted.
  private static let first = "019aa8b1-4423-7abc-9def-000000000001"
  private static let second = "019aa8b1-4423-7abc-9def-000000000002"
  private static let key = String(first.suffix(21))
  private static let otherKey = String(second.suffix(21))
  private static let digest = "00000000000000000000000000000005"
  private static let other = "0190a000-0000-7000-8000-000000000002"

  private func read(_ payload: String) -> [String]? {
    var orders: [String] = []
    let isWhole = Array(payload.utf8).withUnsafeBytes { bytes in
      StockReservedFact.read(bytes) { order in
        let lines = order.lines.map {
          "\(String(decoding: $0.sku, as: UTF8.self)):\($0.quantity):\($0.unitPrice)"
        }
        orders.append(
          [
            "\(order.order)", text(order.user), "\(order.scope)", text(order.market),
            order.currency.rawValue, "\(order.reservedAt.milliseconds)",
            "\(order.deadline.milliseconds)", lines.joined(separator: ","),
            text(order.key), text(order.fingerprint), text(order.terms),
          ].joined(separator: " "))
      }
    }
    return isWhole ? orders : nil
  }

  private func text(_ key: StockReservedFact.Key) -> String {
    switch key {
    case .inID(let key): "\(key)"
    case .digest(let digest): "\(digest)"
    }
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  @Test func `a reserved fact is read line by line, its orders' ids are made from their keys`() {
    let payload = """
      \(Self.other) KR 1763766780963 1763767380963 3
      KRW shoe-42:2:9900,sock:1:0 f1 -
      USD a.b_c:100000:1000000000000 f2 t=1|x
      KRW sock:1:0 f3 -
      \(Self.key) ann
      \(Self.otherKey) ben
      2 \(Self.key) cat
      1 \(Self.key) dan
      \(Self.otherKey) 3
      3 \(Self.otherKey) eve
      """.replacing("\n", with: " ")
    let head = "\(Self.other) KR"
    let moments = "1763766780963 1763767380963"
    let first = "\(head) KRW \(moments) shoe-42:2:9900,sock:1:0"
    let second = "\(head) USD \(moments) a.b_c:100000:1000000000000"
    let third = "\(head) KRW \(moments) sock:1:0"
    #expect(
      read(payload) == [
        "\(Self.first) ann \(first) \(Self.key) f1 -",
        "\(Self.second) ben \(first) \(Self.otherKey) f1 -",
        "\(Self.first) cat \(second) \(Self.key) f2 t=1|x",
        "\(Self.first) dan \(first) \(Self.key) f1 -",
        "\(Self.second) 3 \(first) \(Self.otherKey) f1 -",
        "\(Self.second) eve \(third) \(Self.otherKey) f3 -",
      ])
    #expect(read("open KR 1 2 1 KRW a:1:1 f - \(Self.key) ann")?.count == 1)
  }

  @Test func `a reserved fact of an older version is read, with the ids that it gave`() {
    let payload = """
      open KR 1763678461123 1763679061123 2 KRW sock:1:0 f1 - USD a:2:7 f2 t=1|x \
      \(Self.order) ann \(Self.digest) 1 \(Self.other) ben \(Self.digest) 2
      """
    #expect(
      read(payload) == [
        "\(Self.order) ann open KR KRW 1763678461123 1763679061123 sock:1:0 \(Self.digest) f1 -",
        "\(Self.other) ben open KR USD 1763678461123 1763679061123 a:2:7 \(Self.digest) f2 t=1|x",
      ])
  }

  @Test(arguments: [
    "", "open KR 1 2", "open KR 1 2 ", "open KR 1 2 1 KRW a:1:1 f -",
    "open kr 1 2 1 KRW a:1:1 f - K ann", "shut KR 1 2 1 KRW a:1:1 f - K ann",
    "open KR 1 1 KRW a:1:1 f - K ann", "open KR 1 2 0 K ann",
    "open KR 1 2 1 KRW a:1:1 f K ann", "open KR 1 2 1 KRW a:1:1 f - K",
    "open KR 1 2 1 KRW a:1:1 f - 2 K ann", "open KR 1 2 1 KRW a:1:1 f - 0 K ann",
    "open KR 1 2 2 KRW a:1:1 f - K ann", "open KR 1 2 1 KRW a:1:1 f - K ann g",
    "open KR 1 2 1 EUR a:1:1 f - K ann", "open KR 1 2 1 KRW a:0:1 f - K ann",
    "open KR 1 2 1 KRW a:1 f - K ann", "open KR 1 2 1 KRW a:1:1, f - K ann",
    "open KR 1 2 1 KRW ,a:1:1 f - K ann", "open KR 1 2 1 KRW a:1:1+ f - K ann",
    "open KR 1 2 1 KRW a:-1:1 f - K ann", "open KR 1 2 1 KRW a:1:1 f - X ann",
    "open KR 1 2 1 KRW a/b:1:1 f - K ann", "open KR 1 2 1 KRW a:1:1 f - K ann ",
    "open KR 1 2 999999999999999999 KRW a:1:1 f - K ann",
    "open KR 1 2 1 KRW a:1:1 f - 1 1 K ann", "open KR 1 2 1 KRW a:1:1 f - K ann 1",
    "open KR 1 2 1 KRW a:1:1 f - 000-0000-000000000001 ann",
    "open KR 1 2 1 KRW a:1:1 f - 000-c000-000000000001 ann",
    "open KR 1 2 1 KRW a:1:1 f - 00008000-000000000001 ann",
    "open KR 1 2 1 KRW a:1:1 f - O ann D", "open KR 1 2 1 KRW a:1:1 f - O ann D 2",
    "open KR 1 2 1 KRW a:1:1 f - O ann D 0", "open KR 1 2 1 KRW a:1:1 f - O ann d 1",
    "open KR 1 2 1 KRW a:1:1 f - O ann D 1 g",
  ])
  func `a malformed reserved fact is refused`(text: String) {
    let words = [" K ": Self.key, " O ": Self.order, " D ": Self.digest]
    let payload = words.reduce(text + " ") { $0.replacing($1.key, with: " \($1.value) ") }
    #expect(read(String(payload.dropLast())) == nil)
  }

  @Test(arguments: ["\(key) ann", "\(order) ann \(digest) 1"])
  func `a payload with a random byte changed never traps`(orders: String) {
    var random = SeededGenerator()
    let text = "open KR 1763678461123 1763679061123 1 KRW a:2:9900,b:1:5 f1 - \(orders)"
    for _ in 0..<3000 {
      var payload = Array(text.utf8)
      payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8(random.next() & 0xFF)
      payload.withUnsafeBytes { bytes in
        _ = StockReservedFact.read(bytes) { order in for _ in order.lines {} }
      }
    }
  }

  @Test func `a taken fact is read, a malformed one is not`() {
    func fact(_ text: String) -> StockTakenFact? {
      Array(text.utf8).withUnsafeBytes { StockTakenFact(payload: $0) }
    }
    let fact0 = fact("\(Self.order) open a-1 0 1763678461123")
    #expect(fact0?.movement == Identifier(Self.order) && fact0?.scope == .open)
    #expect(fact0?.sku == SKU("a-1") && fact0?.taken == 0)
    #expect(fact0?.takenAt == Instant(milliseconds: 1_763_678_461_123))
    #expect(fact("\(Self.order) \(Self.other) a 7 1")?.scope == .sale(Identifier(Self.other)!))
    for text in ["", "\(Self.order) open a 7", "\(Self.order) open a 7 1 2", "x open a 7 1"] {
      #expect(fact(text) == nil)
    }
  }
}
