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

  /// - Throws: `ScenarioError` with the server's answer when it is not the one expected.
  func make(_ number: Int) async throws(ScenarioError) -> SaleTurn {
    let client = HTTPClient(target: target, loop: loop)
    let campaign = try await CampaignMaker(client: client, token: token).make(
      quantity: terms.coupons, acknowledge: terms.acknowledge, room: room)
    let skus = (1...terms.skus).map { "LT-\(run)-\(number)-\($0)" }
    let sale = try await SaleMaker(client: client, token: token, loop: loop).make(
      .init(
        skus: skus, pieces: terms.spread, price: SaleTerms.price, acknowledge: terms.acknowledge,
        cell: terms.cell, reservationSeconds: terms.reservationSeconds, room: room))
    return SaleTurn(number: number, campaign: campaign, sale: sale, skus: skus, terms: terms)
  }
}
