package bundle

// words are the 256 words a fingerprint is read out in, in alphabetical order,
// so that word n stands for byte n. They are short, plain, and no two begin
// with the same four letters. They may never change: people compare them with
// what was printed.
const words = `
acorn actor adult album alley amber angel ankle
apple april apron arch arena arrow artist aspen
atlas attic bacon badge bagel baker banjo basil
beach bell berry bonus bread brick broom brown
bugle cabin camel canal cedar cello chalk cider
clay comet coral cube daisy dance denim diary
dinner doctor domino donkey dragon drum eagle easel
echo elbow eleven engine estate fabric falcon family
farmer fern fiddle finger flute fog forest fossil
frost fruit galaxy garden garlic garnet giant globe
goblet gold gospel grape gravel guitar habit hammer
harbor hazel helmet hockey honey hotel hunter icicle
igloo infant ink insect island ivory jacket jaguar
jelly jewel jungle jury kayak kernel kettle kimono
kitten kiwi knight koala label lagoon lamp laptop
leaf lemon letter lilac liquid lizard locket lunch
lynx magnet mango maple marble market meadow medal
melon meteor mirror mosaic motor mouse museum napkin
nectar needle nephew nest nickel noodle north novel
nugget nutmeg oasis ocean olive onion opera orbit
orchid otter owl oxygen oyster paddle palace panda
paper parrot pastry peanut pebble pencil pepper piano
picnic pigeon pillow pilot pirate pizza planet poem
potato prism puppet purple puzzle quartz quilt rabbit
radar raft raven ribbon river robin safari salad
salmon sandal satin saturn scarf school seven shadow
shelf silver skate sketch sloth snow soccer sofa
spider spoon spring stable statue sugar summer sunset
teapot temple tennis ticket tiger timber tomato topaz
towel train tulip tunnel turtle tuxedo uncle velvet
violin voyage waffle wagon walnut water whale wheat
window winter yacht yellow yogurt zebra zigzag zipper
`
