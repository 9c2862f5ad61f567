internal import Domain
internal import EventLoop

/// Makes what a turn needs. Loop-confined.
struct TurnMaker {
  let terms: SaleTerms
  let target: Target
  /// A token that may make campaigns and sales.
  let token: String
  /// Sets the names of this run apart from those of others.
  let run: String
  let room: Identifier?
  let loop: EventLoop
  /// Between two attempts.
  var pause: Duration = .seconds(1)

  /// How often a server that is only busy is asked for a turn: an hour's run does not end by one answer.
  static let maximumAttempts = 5

  /// - Throws: `ScenarioError` with the server's answer when it is not the one expected.
  func make(_ number: Int) async throws(ScenarioError) -> SaleTurn {
    var attempt = 1
    while true {
      do throws(ScenarioError) {
        // With names of its own: nobody knows how much of the attempt before was made.
        return try await make(number, names: attempt == 1 ? run : "\(run)-\(attempt)")
      } catch {
        guard error.isPassing, attempt < Self.maximumAttempts else { throw error }
        attempt += 1
        await loop.sleep(for: pause)
      }
    }
  }

  private func make(_ number: Int, names: String) async throws(ScenarioError) -> SaleTurn {
    let client = HTTPClient(target: target, loop: loop)
    let campaign = try await CampaignMaker(client: client, token: token).make(
      quantity: terms.coupons, acknowledge: terms.acknowledge, room: room)
    let skus = (1...terms.skus).map { "LT-\(names)-\(number)-\($0)" }
    let sale = try await SaleMaker(client: client, token: token, loop: loop).make(
      .init(
        skus: skus, pieces: terms.spread, price: SaleTerms.price, acknowledge: terms.acknowledge,
        cell: terms.cell, reservationSeconds: terms.reservationSeconds, room: room))
    return SaleTurn(number: number, campaign: campaign, sale: sale, skus: skus, terms: terms)
  }
}
