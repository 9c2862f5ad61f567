import Domain
import EventLoop
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

/// A campaign in each of several cells, which lie on all masters of a cluster. Loop-confined.
final class ClusterSale {
  static let quantity = 300

  final class Cell {
    let bench: SaleBench
    let campaign: Campaign
    /// The port of the master that served it at first.
    let port: Int
    private var users = 0

    init(bench: SaleBench, campaign: Campaign, port: Int) {
      self.bench = bench
      self.campaign = campaign
      self.port = port
    }

    func owner(in cluster: RedisClusterNodes) async throws -> RedisNode {
      try #require(
        try await cluster.owner(of: String(decoding: bench.keys.lease, as: UTF8.self)))
    }

    /// Claims for users who are new.
    func surelyClaim(_ count: Int) async throws {
      users += count
      let names = (0..<count).map { "user\(users - $0)" }
      try await eventually(within: .seconds(30), "the claims are decided") {
        try await bench.claim(campaign, names) != nil
      }
    }
  }

  let cells: [Cell]

  private init(_ cells: [Cell]) { self.cells = cells }

  /// Makes tenants until each master has so many cells; the first is the bench's own.
  static func make(
    _ bench: SaleBench, on cluster: RedisClusterNodes, cellsPerMaster: Int
  ) async throws -> ClusterSale {
    var cells: [Cell] = []
    var counts: [Int: Int] = [:]
    var next = bench
    while cells.count < cellsPerMaster * RedisClusterNodes.masters {
      let key = String(decoding: next.keys.lease, as: UTF8.self)
      let port = try #require(try await cluster.owner(of: key)).port
      if counts[port, default: 0] < cellsPerMaster {
        counts[port, default: 0] += 1
        let campaign = try await next.createCampaign(quantity: quantity)
        cells.append(Cell(bench: next, campaign: campaign, port: port))
      }
      next = try await bench.beside(SharedServers.tag("t"))
    }
    return ClusterSale(cells)
  }

  func untilClaimable(within limit: Duration = .seconds(60)) async throws {
    for cell in cells { try await cell.bench.untilClaimable(cell.campaign, within: limit) }
  }

  func claim(rounds: Int) async throws {
    for _ in 0..<rounds {
      for cell in cells { try await cell.surelyClaim(20) }
    }
  }

  func ledger() async throws -> [CellName: Set<SaleBench.Grant>] {
    var grants: [CellName: Set<SaleBench.Grant>] = [:]
    for cell in cells {
      grants[cell.bench.cell] = try await cell.bench.ledgerGrants(cell.campaign)
    }
    return grants
  }

  func epochs() async throws -> [CellName: Int] {
    var epochs: [CellName: Int] = [:]
    for cell in cells { epochs[cell.bench.cell] = try await cell.bench.record().epoch }
    return epochs
  }
}

/// Users who claim from a campaign one batch after the other, until told to stop. Loop-confined.
final class Crowd {
  private(set) var granted: Set<SaleBench.Grant> = []
  private let bench: SaleBench
  private let campaign: Campaign
  private var task: Task<Void, Never>?
  private var isStopping = false

  init(_ bench: SaleBench, _ campaign: Campaign) {
    self.bench = bench
    self.campaign = campaign
  }

  func start() {
    task = bench.loop.spawn { [self] in
      var batch = 0
      while !isStopping {
        batch += 1
        let users = (0..<3).map { "crowd\(batch)-\($0)" }
        if let grants = try? await bench.claim(campaign, users) { granted.formUnion(grants) }
        await bench.loop.sleep(for: .milliseconds(3))
      }
    }
  }

  func stop() async {
    isStopping = true
    await task?.value
  }
}
