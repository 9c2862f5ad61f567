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

  @Test func `a buyer claims and orders, and operates nothing`() {
    #expect(RoleSet(.user).permissions(isPlatform: false) == [.couponClaim, .orderPlace])
    #expect(RoleSet([]).permissions(isPlatform: true) == [])
  }

  @Test func `marketing manages campaigns, stock keepers do not`() {
    #expect(RoleSet(.marketingManager).permissions(isPlatform: false).contains(.campaignWrite))
    #expect(!RoleSet(.inventoryManager).permissions(isPlatform: false).contains(.campaignRead))
    #expect(!RoleSet(.customerServiceAgent).permissions(isPlatform: false).contains(.campaignWrite))
    #expect(RoleSet(.appAdmin).permissions(isPlatform: false) == .all)
  }

  @Test func `stock keepers keep stock, marketing makes sales, agents read`() {
    let keeper = RoleSet(.inventoryManager).permissions(isPlatform: false)
    #expect(keeper.isSuperset(of: [.stockRead, .stockWrite, .productWrite]))
    #expect(keeper.isDisjoint(with: [.saleWrite, .orderRead, .orderPlace]))
    let marketing = RoleSet(.marketingManager).permissions(isPlatform: false)
    #expect(marketing.isSuperset(of: [.saleRead, .saleWrite]))
    #expect(marketing.isDisjoint(with: [.stockWrite, .productWrite, .orderRead]))
    let agent = RoleSet(.customerServiceAgent).permissions(isPlatform: false)
    #expect(agent.isSuperset(of: [.orderRead, .stockRead]))
    #expect(agent.isDisjoint(with: [.stockWrite, .saleWrite]))
  }

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
