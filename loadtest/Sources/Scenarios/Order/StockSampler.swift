internal import Domain
internal import EventLoop
internal import Foundation

/// Reads the stock of a sale over and over while a run goes, and holds each reading against the
/// pieces that there are. Whether there were ever more than that is for ``largestSums`` to tell: pieces
/// that were paid for and came back count twice. Loop-confined.
final class StockSampler {
  /// The answer of `GET /v1/skus/{sku}/stock`.
  struct Reading: Decodable, Equatable {
    let sku: String
    let available: Int
    let reserved: Int
    let sold: Int
  }

  private struct Envelope: Decodable { let data: Reading }

  private(set) var breaches = Breaches()
  private(set) var samples = 0
  /// The largest sum of available, reserved and sold pieces that was read of each SKU.
  private(set) var largestSums: [Int]
  private let clients: [HTTPClient]
  private let sale: Identifier
  private let skus: [String]
  private let pieces: [Int]
  private let loop: EventLoop
  private var isRunning = false
  private var task: Task<Void, Never>?

  static let interval: Duration = .milliseconds(50)

  /// - Parameter clients: of the processes to ask, in turn.
  init(
    clients: [HTTPClient], sale: Identifier, skus: [String], pieces: [Int], loop: EventLoop
  ) {
    self.clients = clients
    largestSums = pieces
    self.sale = sale
    self.skus = skus
    self.pieces = pieces
    self.loop = loop
  }

  /// Begins to read.
  func start() {
    isRunning = true
    task = loop.spawn { [self] in
      while isRunning {
        for index in skus.indices { _ = await sample(index) }
        await loop.sleep(for: Self.interval)
      }
    }
  }

  /// Returns once the reading under way is done.
  func stop() async {
    isRunning = false
    await task?.value
  }

  /// Reads all SKUs once; nil when one could not be read.
  func readings() async -> [Reading]? {
    var readings: [Reading] = []
    for index in skus.indices {
      guard let reading = await sample(index) else { return nil }
      readings.append(reading)
    }
    return readings
  }

  private func sample(_ index: Int) async -> Reading? {
    guard
      let answer = try? await clients[samples % clients.count].request(
        "GET", "/v1/skus/\(skus[index])/stock?sale_id=\(sale)"),
      answer.status == 200
    else { return nil }
    guard let reading = try? JSONDecoder().decode(Envelope.self, from: Data(answer.body.utf8)).data
    else {
      breaches.add("the stock of \(skus[index]) reads \(answer.body.prefix(300))")
      return nil
    }
    samples += 1
    let sum = reading.available + reading.reserved + reading.sold
    largestSums[index] = max(largestSums[index], sum)
    if sum < pieces[index] || reading.available < 0 || reading.reserved < 0 || reading.sold < 0 {
      breaches.add("of \(pieces[index]) pieces: \(reading)")
    }
    return reading
  }
}
