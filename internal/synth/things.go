package synth

import "math/rand/v2"

// layer is where in a scene a thing goes.
type layer int

const (
	sky   layer = iota // behind everything on the ground
	air                // before everything
	far                // stands on the horizon
	flat               // lies on the ground, seen in perspective
	land               // stands on the ground
	water              // in the water
)

// thing is a class of objects.
type thing struct {
	name  string
	group string // COCO's supercategory
	draw  func(p pen, r *rand.Rand)
	layer layer
	small float64 // size as a share of the image's side
	large float64
	most  int // of them in one image
}

// things are the classes in the order of their category ids, from 1.
func things() []thing {
	return []thing{
		{"tree", "nature", drawTree, land, 0.34, 0.72, 5},
		{"cloud", "sky", drawCloud, sky, 0.16, 0.32, 4},
		{"sun", "sky", drawSun, sky, 0.22, 0.36, 1},
		{"house", "building", drawHouse, land, 0.3, 0.58, 3},
		{"bird", "animal", drawBird, air, 0.1, 0.24, 4},
		{"flower", "nature", drawFlower, land, 0.17, 0.36, 7},
		{"road", "ground", drawRoad, flat, 1, 1, 1},
		{"car", "vehicle", drawCar, land, 0.17, 0.32, 3},
		{"mountain", "nature", drawMountain, far, 0.2, 0.42, 3},
		{"lamp", "street", drawLamp, land, 0.45, 0.75, 2},
		{"fence", "street", drawFence, land, 0.15, 0.26, 1},
		{"boat", "vehicle", drawBoat, water, 0.18, 0.36, 2},
		{"star", "sky", drawStar, sky, 0.07, 0.13, 7},
		{"moon", "sky", drawMoon, sky, 0.16, 0.28, 1},
		{"umbrella", "beach", drawUmbrella, land, 0.28, 0.5, 2},
		{"ball", "toy", drawBall, land, 0.13, 0.26, 2},
		{"kite", "toy", drawKite, air, 0.24, 0.4, 2},
		{"mushroom", "nature", drawMushroom, land, 0.16, 0.34, 4},
		{"fish", "animal", drawFish, water, 0.17, 0.32, 3},
		{"balloon", "vehicle", drawBalloon, air, 0.24, 0.5, 2},
		{"tent", "camp", drawTent, land, 0.3, 0.5, 2},
		{"windmill", "building", drawWindmill, land, 0.5, 0.8, 1},
		{"cactus", "nature", drawCactus, land, 0.34, 0.66, 3},
		{"snowman", "toy", drawSnowman, land, 0.34, 0.58, 2},
	}
}

// Classes are the names of the classes in the order of their category ids.
func Classes() []string {
	var out []string
	for _, t := range things() {
		out = append(out, t.name)
	}
	return out
}

// ground is what the lower part of a scene is made of.
type ground int

const (
	grass ground = iota
	sand
	pavement
	soil
	snowfield
)

// setting is a kind of scene: how often it is drawn, what it looks like and
// the chance of each class to be in it.
type setting struct {
	weight float64
	night  bool
	ground ground
	water  float64 // share of the part below the horizon that is water
	odds   map[string]float64
}

// settings give the classes their long tail and their company.
func settings() []setting {
	return []setting{
		{0.25, false, pavement, 0, map[string]float64{ // street
			"road": 0.85, "car": 0.8, "house": 0.85, "lamp": 0.4, "tree": 0.55, "cloud": 0.65, "sun": 0.35,
			"fence": 0.15, "bird": 0.12, "balloon": 0.05, "umbrella": 0.04, "ball": 0.05,
		}},
		{0.21, false, grass, 0, map[string]float64{ // meadow
			"tree": 0.7, "flower": 0.7, "cloud": 0.75, "sun": 0.5, "fence": 0.35, "house": 0.3, "bird": 0.35, "kite": 0.16,
			"windmill": 0.1, "ball": 0.15, "balloon": 0.1, "mushroom": 0.05, "road": 0.15, "mountain": 0.15,
		}},
		{0.15, false, sand, 0.5, map[string]float64{ // beach
			"boat": 0.65, "umbrella": 0.5, "ball": 0.35, "sun": 0.6, "cloud": 0.6, "bird": 0.45, "fish": 0.3, "kite": 0.2,
			"balloon": 0.04, "tree": 0.1,
		}},
		{0.12, false, soil, 0, map[string]float64{ // forest
			"tree": 1, "mushroom": 0.4, "flower": 0.3, "bird": 0.3, "tent": 0.15, "fence": 0.08, "cloud": 0.3, "sun": 0.2,
		}},
		{0.1, false, grass, 0.4, map[string]float64{ // mountain lake
			"mountain": 0.97, "tree": 0.75, "cloud": 0.75, "house": 0.2, "tent": 0.15, "boat": 0.3, "bird": 0.25, "fish": 0.15,
			"flower": 0.2, "sun": 0.4, "balloon": 0.1,
		}},
		{0.11, true, pavement, 0, map[string]float64{ // night
			"moon": 0.6, "star": 0.7, "house": 0.8, "lamp": 0.6, "car": 0.5, "road": 0.6, "tree": 0.35, "cloud": 0.15,
		}},
		{0.03, false, sand, 0, map[string]float64{ // desert
			"cactus": 0.92, "sun": 0.8, "mountain": 0.35, "tent": 0.15, "road": 0.25, "bird": 0.2, "car": 0.1,
		}},
		{0.03, false, snowfield, 0, map[string]float64{ // winter
			"snowman": 0.65, "house": 0.5, "tree": 0.8, "cloud": 0.5, "mountain": 0.3, "fence": 0.25, "lamp": 0.15,
		}},
	}
}
