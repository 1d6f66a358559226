package programme

import "slices"

// A Role is a place in the supply chain, in words that are the same everywhere;
// how a programme calls it stands in its pack.
type Role string

// The roles of the SAFE Framework, and those programmes add to them.
const (
	Manufacturer Role = "manufacturer"
	Exporter     Role = "exporter"
	Importer     Role = "importer"
	Broker       Role = "broker"
	Carrier      Role = "carrier"
	Forwarder    Role = "forwarder"
	Consolidator Role = "consolidator"
	Warehouse    Role = "warehouse"
	Port         Role = "port"
	Airport      Role = "airport"
	Terminal     Role = "terminal"
	Distributor  Role = "distributor"
	Packer       Role = "packer" // packing places of export schemes
)

// Roles lists every role a pack may use.
func Roles() []Role {
	return []Role{
		Manufacturer, Exporter, Importer, Broker, Carrier, Forwarder, Consolidator,
		Warehouse, Port, Airport, Terminal, Distributor, Packer,
	}
}

// Values are [Roles].
func (Role) Values() []Role { return Roles() }

// Known reports whether r is one of [Roles].
func (r Role) Known() bool { return slices.Contains(Roles(), r) }
