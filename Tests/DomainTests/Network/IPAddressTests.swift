import Domain
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("10.9.100.99", "10.9.100.99"),
    ("::", "::"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::", "fe80::"),
    ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("0000:0000::0001", "::1"),
  ]) func `an address has one value and one text`(text: String, normal: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == normal)
    #expect(IPAddress(normal) == address)
    var bytes: [UInt8] = []
    address.append(to: &bytes)
    #expect(bytes == Array(normal.utf8))
  }

  @Test(arguments: [
    "", ".", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80",
    "1..2.3", "0x1.2.3.4", "1.2.3.-4", ":", ":::", "1::2::3", "::1::", "12345::", "g::", "1:2:3",
    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1%eth0", "[::1]", "::1.2.3", "1.2.3.4::",
    "::1.2.3.4:5", "localhost", "unknown", "1:2:3:4:5:6:7:1.2.3.4",
    "::ffff:1.2.3.4:0000:0000:0000:0000:0000:0000:0000:0000",
  ]) func `what is no address is refused`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func `a prefix keeps the first bits`() throws {
    let long = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
    #expect("\(long.prefix(64))" == "2001:db8:1:2::")
    #expect("\(long.prefix(48))" == "2001:db8:1::")
    #expect("\(long.prefix(96))" == "2001:db8:1:2:3:4::")
    #expect("\(long.prefix(0))" == "::")
    #expect(long.prefix(128) == long)
    let short = try #require(IPAddress("192.0.2.130"))
    #expect("\(short.prefix(24))" == "192.0.2.0")
    #expect("\(short.prefix(25))" == "192.0.2.128")
    #expect("\(short.prefix(0))" == "0.0.0.0")
    #expect(short.prefix(32) == short)
  }
}

@Suite struct IPNetworkTests {
  @Test func `a network has the addresses of its prefix`() throws {
    let private10 = try #require(IPNetwork("10.0.0.0/8"))
    #expect(private10.contains(try #require(IPAddress("10.255.0.1"))))
    #expect(!private10.contains(try #require(IPAddress("11.0.0.1"))))
    #expect(private10.contains(try #require(IPAddress("::ffff:10.1.1.1"))))
    let documentation = try #require(IPNetwork("2001:db8::/32"))
    #expect(documentation.contains(try #require(IPAddress("2001:db8:ffff::1"))))
    #expect(!documentation.contains(try #require(IPAddress("2001:db9::1"))))
    let all = try #require(IPNetwork("::/0"))
    #expect(all.contains(try #require(IPAddress("::1"))))
    #expect(!all.contains(try #require(IPAddress("10.0.0.1"))))
    let one = try #require(IPNetwork("127.0.0.1"))
    #expect("\(one)" == "127.0.0.1/32")
    #expect(one.contains(try #require(IPAddress("127.0.0.1"))))
  }

  @Test(arguments: [
    "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "::/129",
    "::1/64", "10.0.0.0/8/8", "proxy/8", "::ffff:10.0.0.0/104",
  ]) func `what is no network is refused`(text: String) {
    #expect(IPNetwork(text) == nil)
  }
}
