import Domain
import Testing

@Suite struct RoleTests {
  @Test func `every role is found by its name and has a bit of its own`() {
    var all: RoleSet = []
    for role in Role.allCases {
      #expect(Role(name: role.rawValue) == role)
      #expect(!all.contains(role))
      all.formUnion(RoleSet(role))
    }
    #expect(all.roles == Role.allCases)
    #expect(RoleSet(Role.allCases) == all)
  }

  @Test func `two roles have a second name, and unknown names none`() {
    #expect(Role(name: "ADMIN") == .appAdmin)
    #expect(Role(name: "BUYER") == .user)
    #expect(Role(name: "admin") == nil)
    #expect(Role(name: "") == nil)
  }

  @Test func `a guest may nothing that needs a permission`() {
    #expect(RoleSet([]).permissions(isPlatform: true) == [])
  }

  @Test func `a member claims, orders, pays, and operates nothing`() {
    #expect(
      Self.permissions(.user) == [.couponClaim, .orderPlace, .walletUse, .personalUse])
  }

  @Test func `an agent reads, refunds within policy, and has no part in stock`() {
    let agent = Self.permissions(.customerServiceAgent)
    #expect(agent.isSuperset(of: [.orderRead, .walletRead, .couponRead, .orderRefund]))
    #expect(!agent.contains(.orderRefundBeyond))
    #expect(agent.isDisjoint(with: [.stockRead, .stockWrite, .productWrite]))
    #expect(agent.isDisjoint(with: [.walletWrite, .orderTransition]))
    #expect(agent.isDisjoint(with: Self.changesOfCampaigns))
    #expect(agent.isDisjoint(with: [.saleWrite, .roomWrite, .settingsWrite]))
  }

  @Test func `an inventory manager keeps stock and its audit, and sees no customer's money`() {
    let keeper = Self.permissions(.inventoryManager)
    #expect(keeper.isSuperset(of: [.stockRead, .stockWrite, .productWrite]))
    #expect(keeper.isDisjoint(with: Self.money))
    #expect(keeper.isDisjoint(with: Self.changesOfCampaigns))
    #expect(keeper.isDisjoint(with: [.saleWrite, .campaignRead, .settingsWrite]))
  }

  @Test func `a marketing manager makes campaigns and sales, recalls, and has no money or stock`() {
    let marketing = Self.permissions(.marketingManager)
    #expect(marketing.isSuperset(of: Self.changesOfCampaigns))
    #expect(marketing.isSuperset(of: [.campaignRead, .couponRead, .saleRead, .saleWrite]))
    #expect(marketing.isDisjoint(with: Self.money))
    #expect(marketing.isDisjoint(with: [.stockWrite, .productWrite, .settingsWrite]))
  }

  @Test func `an operations manager and an administrator may everything`() {
    #expect(Self.permissions(.operationsManager) == .all)
    #expect(Self.permissions(.appAdmin) == .all)
  }

  @Test func `the data platform has no part in the shop`() {
    #expect(Self.permissions(.dataPlatform) == [])
  }

  @Test func `everybody but the data platform may use what is their own`() {
    for role in Role.allCases where role != .dataPlatform {
      #expect(PermissionSet(of: role).contains(.personalUse), "\(role)")
    }
  }

  @Test func `a seller issues coupons of its own and operates nothing else`() {
    #expect(Self.permissions(.seller) == [.campaignOwn, .personalUse])
  }

  @Test func `an operator watches and changes nothing`() {
    let operation = Self.permissions(.appOperator)
    #expect(operation.isSuperset(of: [.orderRead, .stockRead, .walletRead, .cellRead]))
    #expect(operation.isDisjoint(with: Self.changesOfCampaigns))
    #expect(operation.subtracting(.personalUse).names.allSatisfy { $0.hasSuffix("Read") })
  }

  private static func permissions(_ role: Role) -> PermissionSet {
    RoleSet(role).permissions(isPlatform: false)
  }

  /// What customers have, owe and get back.
  private static let money: PermissionSet = [
    .orderPlace, .orderRead, .orderRefund, .orderRefundBeyond, .orderTransition, .walletUse,
    .walletRead, .walletWrite,
  ]

  private static let changesOfCampaigns: PermissionSet = [
    .campaignWrite, .campaignOwn, .couponRecall,
  ]

  @Test func `a platform administrator is nobody on an ordinary tenant`() {
    let roles = RoleSet(.platformSuperAdmin)
    #expect(roles.permissions(isPlatform: false) == [])
    #expect(roles.permissions(isPlatform: true) == .all)
  }

  @Test func `each role alone and all together allow what the roles' own sets say`() {
    for role in Role.allCases {
      #expect(RoleSet(role).permissions(isPlatform: true) == PermissionSet(of: role))
    }
    #expect(RoleSet(rawValue: .max).permissions(isPlatform: false) == .all)
  }

  @Test func `every permission has a name`() {
    #expect(PermissionSet.all.names.count == PermissionSet.all.rawValue.nonzeroBitCount)
  }
}
