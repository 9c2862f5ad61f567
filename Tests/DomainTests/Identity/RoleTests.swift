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

  @Test func `a buyer claims and operates nothing`() {
    #expect(RoleSet(.user).permissions(isPlatform: false) == [.couponClaim])
    #expect(RoleSet([]).permissions(isPlatform: true) == [])
  }

  @Test func `marketing manages campaigns, stock keepers do not`() {
    #expect(RoleSet(.marketingManager).permissions(isPlatform: false).contains(.campaignWrite))
    #expect(!RoleSet(.inventoryManager).permissions(isPlatform: false).contains(.campaignRead))
    #expect(!RoleSet(.customerServiceAgent).permissions(isPlatform: false).contains(.campaignWrite))
    #expect(RoleSet(.appAdmin).permissions(isPlatform: false) == .all)
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
